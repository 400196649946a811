"""The trial database in SQL: tables, encoding, transactions and migrations, each in its own module."""
