"""What runs: flags, commands, the supervisor of local trainers."""
