"""The app's pages, a regular package: another installed `pages` would win over a namespace."""
