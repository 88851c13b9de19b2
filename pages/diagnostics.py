"""What works here, what does not, and how to mend it."""

import streamlit as st

from pages.components import machinery, session

st.title("Diagnostics")
machinery.mode(session.service().models())
machinery.weights(session.service().models())
machinery.folders(session.settings())
machinery.versions()
