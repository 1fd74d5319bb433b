"""What one lesson needs beyond the helpers: a module for each notebook."""
