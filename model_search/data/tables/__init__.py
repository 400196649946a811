"""Tables: CSV and Parquet files, frames, and how their columns are encoded."""
