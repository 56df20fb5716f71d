"""Figures for regulators: to read, with what each of them means, and to take home as files."""
