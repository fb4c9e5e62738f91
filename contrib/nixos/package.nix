# SPDX-License-Identifier: GPL-2.0-or-later
#
# kexec-any for NixOS, from the checkout this file is in: pkgs.callPackage ./package.nix { }
#
# Another source is set with overrideAttrs. It is no argument here: nixpkgs has a package named src,
# and callPackage would pass that.
{
  lib,
  stdenv,
  pkg-config,
  scdoc,
  systemd,
  json_c,
  elfutils,
  util-linux,
  openssl,
  cryptsetup,
  zlib,
  bzip2,
  xz,
  zstd,
  lz4,
  lzo,
  ncurses,
  libeconf,
}:
let
  inherit (lib) hasPrefix removePrefix;
  isVersion = hasPrefix "VERSION := ";
  lines = lib.splitString "\n" (builtins.readFile ../../Makefile);

  # Opened by kexec-any when they are needed: only their headers are used in the build. libelf.pc requires
  # zlib and zstd privately, and pkg-config wants to see those too.
  opened = {
    "libsystemd.so.0" = systemd;
    "libelf.so.1" = elfutils;
    "libcrypto.so.3" = openssl;
    "libcryptsetup.so.12" = cryptsetup;
    "libz.so.1" = zlib;
    "libbz2.so.1" = bzip2;
    "liblzma.so.5" = xz;
    "libzstd.so.1" = zstd;
    "liblz4.so.1" = lz4;
    "liblzo2.so.2" = lzo;
    "libncursesw.so.6" = ncurses;
    "libeconf.so.0" = libeconf;
  };
in
stdenv.mkDerivation {
  pname = "kexec-any";
  version = removePrefix "VERSION := " (lib.findFirst isVersion (throw "no VERSION") lines);

  # Only what the build reads: a new test or a build folder changes no store path.
  src = lib.fileset.toSource {
    root = ../..;
    fileset = lib.fileset.unions [
      ../../Makefile
      ../../include
      ../../src
      ../../backends
      ../../contrib/completions
      ../../docs/findings.awk
      ../../docs/kexec-any.8.scd
      ../../docs/kexec-any-backends.7.scd
      ../../docs/kexec-any-findings.7.scd
    ];
  };

  strictDeps = true;
  enableParallelBuilding = true;
  nativeBuildInputs = [
    pkg-config
    scdoc
  ];
  # util-linux: libmount, libblkid and libsmartcols.
  buildInputs = [
    json_c
    util-linux
  ]
  ++ lib.attrValues opened;

  # No sbin in NixOS.
  makeFlags = [
    "PREFIX=$(out)"
    "SBINDIR=$(out)/bin"
  ];

  # As nothing is linked to these, stdenv would shrink their paths away; so they are added after
  # that.
  postFixup = lib.concatStrings (
    lib.mapAttrsToList (name: package: ''
      test -e ${lib.getLib package}/lib/${name}
      patchelf --add-rpath ${lib.getLib package}/lib $out/bin/kexec-any
    '') opened
  );

  meta = {
    description = "Boot now what the boot loader would boot next, without the firmware";
    license = lib.licenses.gpl2Plus;
    # It refuses the kernels of other architectures.
    platforms = [ "x86_64-linux" ];
    mainProgram = "kexec-any";
  };
}
