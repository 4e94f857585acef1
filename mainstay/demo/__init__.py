"""Plays Mainstay over HTTP, as its users would: a year of real orders, then one account from dossier to statement."""

from mainstay.demo.acts import play

__all__ = ["play"]
