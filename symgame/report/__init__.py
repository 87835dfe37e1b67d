"""Back ends: renderings of answers that compute nothing. None imports another one."""
