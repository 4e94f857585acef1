"""Sheets as people make them: read cell by cell under named columns, and written so that reading changes nothing."""
