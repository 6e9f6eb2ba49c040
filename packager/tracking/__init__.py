"""What is told of the ads that a viewer is shown: which events, when, to whom, in which words."""
