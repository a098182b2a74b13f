"""Is a received file what it says it is, and harmless to read? Pure functions over a file."""
