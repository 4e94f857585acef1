"""Mechanisms every service uses; never a business rule."""
