# SPDX-License-Identifier: GPL-2.0-or-later
#
# NixOS systems without nixpkgs: closures of the shape that nixos/modules/system/activation/top-level.nix
# makes, over a kernel and an initrd that are given. tests/nixos/make-nixos builds them.
{ kernel, initrd, release, root ? "root=/dev/vda1" }:
let
  run = name: script: derivation {
    inherit name;
    system = builtins.currentSystem;
    builder = "/bin/sh";
    args = [ "-euc" ("PATH=/usr/bin:/bin\n" + script) ];
  };

  linux = run "linux-${release}" ''
    mkdir -p $out/lib/modules/${release}
    cp ${kernel} $out/bzImage
    echo "# stub" >$out/lib/modules/${release}/modules.order
  '';
  # Each system has its own, as with a real initrd, whose content depends on the configuration.
  initrdOf = tag: run "initrd-${release}" ''
    mkdir $out
    cp ${initrd} $out/initrd
    echo ${tag} >$out/tag
  '';

  # bootspec: "v1", "v2" (a version nobody knows), or none.
  system = { label, params ? "${root} loglevel=4", bootspec ? "v1", hasInitrd ? true, secrets ? false
    , xen ? false, specialisations ? { } }:
    let
      image = initrdOf label;
      document = out: extra: ''
        {"org.nixos.bootspec.${bootspec}":{"system":"x86_64-linux","label":"NixOS Warbler ${label} (Linux ${release})",
        "kernel":"${linux}/bzImage","kernelParams":[${
          builtins.concatStringsSep "," (map builtins.toJSON (builtins.filter builtins.isString
            (builtins.split " " params)))
        }],${if hasInitrd then ''"initrd":"${image}/initrd",'' else ""}${
          if hasInitrd then ''"initrdSecrets":"${out}/append-initrd-secrets",'' else ""
        }"init":"${out}/init","toplevel":"${out}"},${
          if xen then ''"org.xenproject.bootspec.v1":{"xen":"${linux}/bzImage","params":[]},'' else ""
        }${extra}"org.nixos.systemd-boot":{"sortKey":"nixos"}}'';
      # A specialisation's document, out of its own boot.json.
      children = builtins.concatStringsSep "\n" (builtins.attrValues (builtins.mapAttrs (name: s: ''
        ln -s ${s} $out/specialisation/${name}
        [ -s $out/children ] && printf , >>$out/children
        printf '"%s":' ${name} >>$out/children
        cat ${s}/boot.json >>$out/children
      '') specialisations));
    in run "nixos-system-guest-${label}" ''
      mkdir -p $out/specialisation
      ln -s ${linux}/bzImage $out/kernel
      ln -s ${linux} $out/kernel-modules
      ${if hasInitrd then "ln -s ${image}/initrd $out/initrd" else ""}
      printf '%s' '${params}' >$out/kernel-params
      printf '%s' '${label}' >$out/nixos-version
      printf x86_64-linux >$out/system
      printf '#!/bin/sh\n# stage 2\nexec /sbin/init "$@"\n' >$out/init
      chmod +x $out/init
      # In every system with an initrd, as in NixOS; without secrets it leaves at once.
      ${if hasInitrd then ''
        printf '#!/bin/sh -e\n${if secrets then "" else "exit 0\\n"}provided="$1"\n' \
          >$out/append-initrd-secrets
        chmod +x $out/append-initrd-secrets'' else ""}
      : >$out/children
      ${children}
      ${if bootspec == "none" then "" else ''
        { cat <<EOF_A
        ${document "$out" ""}
        EOF_A
        } | tr -d '\n' | sed 's/^ *//' >$out/boot.json
        if [ -s $out/children ]; then
          sed -i 's|"org.nixos.systemd-boot":|"org.nixos.specialisation.v1":{@},&|' $out/boot.json
          sed -i -e "/@/{s/@/\n@\n/}" $out/boot.json
          sed -i -e "/^@$/{r $out/children" -e "d}" $out/boot.json
          tr -d '\n' <$out/boot.json >$out/boot.json.1
          mv $out/boot.json.1 $out/boot.json
        fi''}
      rm $out/children
    '';
in {
  old = system { label = "15.09"; bootspec = "none"; };
  specialised = system {
    label = "23.11";
    specialisations = { debug = system { label = "23.11-debug"; params = "${root} loglevel=7 debug"; }; };
  };
  bare = system { label = "24.05-bare"; hasInitrd = false; };
  secret = system { label = "24.05-secret"; secrets = true; };
  xen = system { label = "24.05-xen"; xen = true; };
  future = system { label = "99.11"; bootspec = "v2"; };
  collected = system { label = "24.11-collected"; };
  current = system { label = "25.11"; params = "${root} loglevel=4 dyndbg=\"file,drivers/usb/*\" quiet"; };
  other = system { label = "25.11-test"; };
}
