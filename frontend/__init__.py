"""The Streamlit workbench for coders: it talks only to the API."""
