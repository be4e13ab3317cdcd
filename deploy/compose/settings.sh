# The lines of .env, those that the environment has already excepted. Sourced; the script sets `root` before.
# shellcheck shell=bash disable=SC2154
while IFS= read -r line; do
    name=${line%%=*}
    if [[ $line == [A-Z]*=* && -z ${!name:-} ]]; then export "${line?}"; fi
done <"$root/.env"
