"""A web service whose users chat through ChatKit, with Django and its login."""
