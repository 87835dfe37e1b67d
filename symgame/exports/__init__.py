"""One module for each format of another program: data to text. None computes, and none imports another."""
