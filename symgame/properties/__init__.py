"""Properties of a branch or of the circuit, each derived on its own: no module here imports another one."""
