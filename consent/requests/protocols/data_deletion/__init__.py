"""IAB Data Deletion Request Framework: what we publish so that recipients can check our requests."""
