"""What signals come to for an organisation's purposes: a declared, versioned mapping, and its precedence."""
