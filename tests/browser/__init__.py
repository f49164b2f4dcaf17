"""A package, so that its fixtures end with it: other tests start a browser too, and Playwright runs once."""
