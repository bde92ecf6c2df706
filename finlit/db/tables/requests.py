"""What customers ask the lender for: hardship relief, a person, a complaint."""
