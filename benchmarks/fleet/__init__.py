"""What the benchmarks of many trainers share: light trainers, faults, private servers, and the verdict."""
