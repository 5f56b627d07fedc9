"""Backends on database servers: PostgreSQL, MySQL and MariaDB, SQL Server."""
