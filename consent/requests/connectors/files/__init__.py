"""Files with rows about people, in a folder or an object store."""
