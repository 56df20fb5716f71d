"""What a row of choices must look like. Pure: the policy's names and the time are passed in."""
