"""CodeCommit over local bare git repositories."""
