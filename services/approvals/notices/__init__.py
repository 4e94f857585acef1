"""Mails to those who decide and to those who are copied: one for each thing somebody should know (C10)."""
