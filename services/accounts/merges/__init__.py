"""Two dossiers of one customer become one from a moment on; what was before stays where it was."""
