"""A package, so that its fixtures end with it: other tests start a browser of their own, and Playwright runs once."""
