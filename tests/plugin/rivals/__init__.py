"""The suites of the plugins that ours stands in for."""
