# SPDX-License-Identifier: GPL-2.0-or-later
#
# programs.kexec-any: the program, an alias for it, and restarts after an automatic upgrade.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  cfg = config.programs.kexec-any;
  upgrade = config.system.autoUpgrade;

  # protectKernelImage gives the sysctl a default only, which a machine may override.
  loadDisabled =
    config.boot.kernel.sysctl."kernel.kexec_load_disabled" or config.security.protectKernelImage;
  disabled = lib.elem loadDisabled [
    true
    1
    "1"
  ];
  disabledMessage = ''
    programs.kexec-any: kernel.kexec_load_disabled is on (security.protectKernelImage sets it, which
    the hardened profile switches on), and kexec-any will refuse to load a kernel. After it is
    switched off, one reboot through the firmware is needed: a running kernel keeps it.
  '';

  # As NixOS reads it: a window whose end is not after its start goes over midnight.
  window = upgrade.rebootWindow;
  both = if window.lower < window.upper then "&&" else "||";
  skipOutsideWindow = lib.optionalString (window != null) ''
    now=$(date +%H:%M)
    if ! [[ ! $now < "${window.lower}" ${both} $now < "${window.upper}" ]]; then
      echo "Outside the reboot window; the next upgrade looks again."
      exit 0
    fi
  '';
in
{
  options.programs.kexec-any = {
    enable = lib.mkEnableOption "kexec-any, which restarts without the firmware";

    package = lib.mkOption {
      type = lib.types.package;
      default = pkgs.callPackage ./package.nix { };
      defaultText = lib.literalExpression "pkgs.callPackage ./package.nix { }";
      description = "The package that has kexec-any.";
    };

    alias = {
      enable = lib.mkOption {
        type = lib.types.bool;
        default = true;
        description = "Whether shells have an alias that restarts with kexec-any.";
      };
      name = lib.mkOption {
        type = lib.types.str;
        default = "reboot-kexec";
        description = "The name of the alias.";
      };
      command = lib.mkOption {
        type = lib.types.str;
        default = "sudo kexec-any";
        example = "run0 kexec-any";
        description = "What the alias runs. Loading a kernel needs root.";
      };
    };

    autoUpgrade.enable = lib.mkOption {
      type = lib.types.bool;
      default = false;
      description = ''
        Whether to restart with kexec-any after an automatic upgrade that changed the kernel, the
        initrd, the modules or the kernel's parameters. Needs `system.autoUpgrade` with
        `operation = "boot"` and without `allowReboot`; its `rebootWindow` is respected.
      '';
    };
  };

  config = lib.mkIf cfg.enable (
    lib.mkMerge [
      {
        environment.systemPackages = [ cfg.package ];
        environment.shellAliases = lib.mkIf cfg.alias.enable {
          ${cfg.alias.name} = cfg.alias.command;
        };
        warnings = lib.optional disabled disabledMessage;
      }

      (lib.mkIf cfg.autoUpgrade.enable {
        assertions = [
          {
            assertion = upgrade.enable && upgrade.operation == "boot" && !upgrade.allowReboot;
            message = ''
              programs.kexec-any.autoUpgrade needs system.autoUpgrade.enable = true,
              system.autoUpgrade.operation = "boot" and system.autoUpgrade.allowReboot = false.
            '';
          }
          {
            # Every run could only fail.
            assertion = !disabled;
            message = disabledMessage;
          }
        ];

        # Not wanted by it: that would start the service after a failed upgrade too.
        systemd.services.nixos-upgrade.onSuccess = [ "kexec-any-upgrade.service" ];

        systemd.services.kexec-any-upgrade = {
          description = "Restart into the upgraded system with kexec-any";
          after = [ "nixos-upgrade.service" ];
          # The shell, date and systemd-analyze (for --when=) are in every service's path.
          path = [
            cfg.package
            pkgs.jq
          ];
          serviceConfig.Type = "oneshot";
          # Without pipes, in which the status of kexec-any would be lost. The minute is what
          # allowReboot gives to those who are logged in.
          script = ''
            list=$(kexec-any --list --json=short)
            needed=$(jq 'any(.problems[]; .id == "nixos-restart-needed")' <<<"$list")
            if [ "$needed" != true ]; then
              echo "kexec-any reports no need for a restart."
              exit 0
            fi
            ${skipOutsideWindow}
            kexec-any --when=+1m
          '';
        };
      })
    ]
  );
}
