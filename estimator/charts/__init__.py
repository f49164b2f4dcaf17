"""The article's two charts: what a card unlocks, and which card; their thresholds are in data/charts."""
