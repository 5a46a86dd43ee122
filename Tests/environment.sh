# Sourced by checks that need programs of PyPI.
#
# environment NAME: makes .build/NAME a virtual environment with what Tests/NAME/requirements.txt lists, when it is missing
# or the list has changed. Prints nothing else than that it installs.
environment() {
    local folder=.build/$1 requirements=Tests/$1/requirements.txt
    cmp -s "$requirements" "$folder/installed.txt" && return
    printf '%s: installing from PyPI into %s\n' "$1" "$folder" >&2
    python3 -m venv --clear "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"
    cp "$requirements" "$folder/installed.txt"
}
