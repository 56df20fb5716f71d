"""Databases, through SQLAlchemy: PostgreSQL, MySQL, MariaDB and SQLite are tested, others work by dialect."""
