"""Recipients of the IAB Data Deletion Request Framework, who sign that they have a request."""
