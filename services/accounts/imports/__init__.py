"""Dossiers, list membership and elections brought in bulk."""
