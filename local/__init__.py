"""The laptop cloud: the emulator with its gaps bridged, deployment of the real template, and the main job."""
