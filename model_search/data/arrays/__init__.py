"""Arrays by name: in memory, in archives and folders of numpy."""
