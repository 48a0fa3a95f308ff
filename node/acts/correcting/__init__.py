"""After a disclosure: corrections follow whoever received it; who is not that person is kept apart from it."""
