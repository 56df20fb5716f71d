"""What the person is written, and the links that they are sent."""
