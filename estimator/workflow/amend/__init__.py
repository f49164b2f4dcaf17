"""Edits made in the document that the user saved, so that nothing else in it changes."""

from __future__ import annotations

from .amended import amend
from .document import document_of
from .models import File

__all__ = ["File", "amend", "document_of"]
