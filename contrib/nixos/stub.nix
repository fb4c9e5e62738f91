# SPDX-License-Identifier: GPL-2.0-or-later
#
# The least of nixpkgs that package.nix and module.nix use, for ./check. What nixpkgs has besides is
# missing here on purpose: a function or an option with a wrong name fails.
let
  inherit (builtins)
    attrNames
    concatStringsSep
    elem
    filter
    foldl'
    isAttrs
    isBool
    isList
    isString
    listToAttrs
    mapAttrs
    removeAttrs
    ;

  kind = value: value._type or null;
  isPackage = value: value.type or null == "derivation";
  isPlainSet = value: isAttrs value && !isPackage value;

  recursiveUpdate =
    a: b:
    let
      update =
        name: value:
        if isPlainSet value && isPlainSet (a.${name} or null) then
          recursiveUpdate a.${name} value
        else
          value;
    in
    a // mapAttrs update b;

  # A merge of two definitions: sets and lists are joined, anything else may be defined once.
  merge =
    a: b:
    if isList a && isList b then
      a ++ b
    else if isPlainSet a && isPlainSet b then
      a // mapAttrs (name: value: if a ? ${name} then merge a.${name} value else value) b
    else
      throw "two definitions of one option";

  # mkIf and mkMerge, at any depth, become plain values.
  isOff = value: kind value == "if" && !value.condition;
  discharge =
    value:
    if isOff value then
      { }
    else if kind value == "if" then
      discharge value.content
    else if kind value == "merge" then
      foldl' merge { } (map discharge value.contents)
    else if isPlainSet value then
      let
        off = filter (name: isOff value.${name}) (attrNames value);
      in
      mapAttrs (_: discharge) (removeAttrs value off)
    else
      value;

  type = name: check: { inherit name check; };

  # Every declared option with what is set, or its default; nothing else may be set.
  values =
    path: options: set:
    let
      unknown = attrNames (removeAttrs set (attrNames options));
      value =
        name: option:
        let
          here = "${path}.${name}";
          result = set.${name} or option.default or (throw "${here} is not set");
        in
        if kind option != "option" then
          values here option (set.${name} or { })
        else if option.type.check result then
          result
        else
          throw "${here} is no ${option.type.name}";
    in
    if unknown != [ ] then
      throw "no such option: ${path}: ${concatStringsSep " " unknown}"
    else
      mapAttrs value options;

  package = name: {
    type = "derivation";
    outPath = "/stub/${name}";
  };

  # The options of NixOS that the module looks at, with NixOS's defaults.
  nixos = {
    boot.kernel.sysctl = { };
    security.protectKernelImage = false;
    system.autoUpgrade = {
      enable = false;
      operation = "switch";
      allowReboot = false;
      rebootWindow = null;
    };
  };
in
rec {
  lib = {
    inherit elem;
    inherit (builtins) attrValues;
    concatStrings = concatStringsSep "";
    mapAttrsToList = function: set: map (name: function name set.${name}) (attrNames set);
    findFirst =
      predicate: default: list:
      let
        found = filter predicate list;
      in
      if found == [ ] then default else builtins.head found;
    hasPrefix = prefix: text: builtins.substring 0 (builtins.stringLength prefix) text == prefix;
    removePrefix =
      prefix: text:
      if lib.hasPrefix prefix text then
        builtins.substring (builtins.stringLength prefix) (-1) text
      else
        text;
    splitString = separator: text: filter isString (builtins.split separator text);
    optional = condition: value: if condition then [ value ] else [ ];
    optionalString = condition: text: if condition then text else "";
    literalExpression = text: { inherit text; };
    getLib = p: p.lib or p.out or p;

    mkIf = condition: content: {
      _type = "if";
      inherit condition content;
    };
    mkMerge = contents: {
      _type = "merge";
      inherit contents;
    };
    mkOption = option: option // { _type = "option"; };
    mkEnableOption =
      what:
      lib.mkOption {
        type = lib.types.bool;
        default = false;
        description = "Whether to enable ${what}.";
      };
    types = {
      bool = type "bool" isBool;
      str = type "str" isString;
      package = type "package" isPackage;
    };

    # As in nixpkgs, a path that is not there is an error.
    fileset = {
      unions =
        let
          existing = path: if builtins.pathExists path then path else throw "no ${toString path}";
        in
        map existing;
      toSource =
        { root, fileset }:
        {
          root = toString root;
          files = map toString fileset;
        };
    };
    licenses.gpl2Plus = "GPL-2.0-or-later";
  };

  pkgs =
    {
      callPackage =
        path: arguments:
        let
          function = import path;
        in
        function (builtins.intersectAttrs (builtins.functionArgs function) pkgs // arguments);
      inherit lib;
      stdenv.mkDerivation = attrs: attrs // package "${attrs.pname}-${attrs.version}";
      # Its first output is bin; the libraries are elsewhere.
      openssl = package "openssl-bin" // {
        out = package "openssl";
      };
    }
    // listToAttrs (
      map
        (name: {
          inherit name;
          value = package name;
        })
        [
          "bzip2"
          "cryptsetup"
          "elfutils"
          "jq"
          "json_c"
          "libeconf"
          "lz4"
          "lzo"
          "ncurses"
          "pkg-config"
          "scdoc"
          # A program, which callPackage would pass for an argument of that name.
          "src"
          "systemd"
          "util-linux"
          "xz"
          "zlib"
          "zstd"
        ]
    );

  program = pkgs.callPackage ./package.nix { };

  # What the module makes of these settings of a machine. It reads no option that it sets itself, so
  # no fixed point is needed.
  machine =
    settings:
    let
      module = import ./module.nix { inherit config lib pkgs; };
      config = recursiveUpdate nixos (removeAttrs settings [ "programs" ]) // {
        programs = values "programs" module.options.programs (settings.programs or { });
      };
    in
    discharge module.config;
}
