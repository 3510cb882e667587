# shellcheck shell=bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installing Debian packages, for ./quickstart and ./check.

as_root() {
	if ((EUID == 0)); then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		echo "neither root nor sudo" >&2
		return 1
	fi
}

installed() {
	dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null |
		grep -qx installed
}

# Debian starts the services of some packages when it installs them, on all
# addresses. The trial and the tests start their own, so those stay off.
apt_install() {
	local package services=()
	for package in janus nginx; do
		[[ -d /run/systemd/system && " $* " == *" $package "* ]] &&
			! installed "$package" && services+=("$package.service")
	done
	((${#services[@]} == 0)) ||
		as_root systemctl mask --runtime -q "${services[@]}"
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update &&
		as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y \
			--no-install-recommends "$@" </dev/null
	local status=$?
	if ((${#services[@]})); then
		as_root systemctl unmask --runtime -q "${services[@]}"
		as_root systemctl disable -q "${services[@]}"
	fi
	return $status
}

# install_missing LOG PACKAGE...: on another system than Debian, trusts that
# everything is there; configure names what is not.
install_missing() {
	local log=$1 package missing=()
	shift
	command -v dpkg-query >/dev/null || return 0
	for package in "$@"; do
		installed "$package" || missing+=("$package")
	done
	((${#missing[@]})) || return 0
	echo "Installing: ${missing[*]}" >&2
	apt_install "${missing[@]}" >>"$log" 2>&1
}
