"""The two charts of the article: what a card unlocks, and which card."""

from __future__ import annotations
