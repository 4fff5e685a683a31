# Puts the starter notebooks into a home that has none yet; what a person has changed or removed stays so. The folder is
# made once, also where the person empties it.
if [ ! -e "$HOME/notebooks" ]; then
  rm -rf "$HOME/.notebooks.new"
  cp -r "${STARTERS:-/opt/notebooks/starters}" "$HOME/.notebooks.new" && mv "$HOME/.notebooks.new" "$HOME/notebooks"
fi
