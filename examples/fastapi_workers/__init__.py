"""A web service of several processes whose users chat through ChatKit, with FastAPI and Redis or Valkey."""
