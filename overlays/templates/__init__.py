"""Templates: a folder of files becomes, with data and a size, a layer."""
