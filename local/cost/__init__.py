"""``make cost``: what coding costs on AWS, from measured times, the template, and public prices."""
