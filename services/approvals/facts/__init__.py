"""What approvals knows of the other services, by their events alone."""
