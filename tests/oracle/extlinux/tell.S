# SPDX-License-Identifier: GPL-2.0-or-later
# A kernel that says on the first serial port what the loader gave it, "@C<COMMAND LINE>@ INITRD-SIZE", and
# ends the machine. The real-mode part of the x86 boot protocol (Documentation/arch/x86/boot.rst) alone.
	.code16
	.globl _start
_start:
	.org 0x1f1
	.byte 1				# setup_sects
	.word 0
	.long 32			# syssize
	.word 0, 0xffff, 0
	.word 0xaa55
	.org 0x200
	.byte 0xeb, start - . - 1	# a short jump
	.ascii "HdrS"
	.word 0x0206			# protocol
	.long 0
	.word 0x1000
	.word version - 0x200
	.byte 0, 0x81			# LOADED_HIGH, CAN_USE_HEAP
	.word 0x8000
	.long 0x100000
	.long 0, 0			# initrd: 0x218 address, 0x21c size
	.long 0
	.word 0x9800
	.byte 0, 0
	.long 0				# cmd_line_ptr, 0x228
	.long 0x37ffffff
	.long 0x1000000
	.byte 1, 0
	.word 0
	.long 2047			# cmdline_size
start:
	cld
	mov $open, %si
	call text
	mov %ds:0x228, %ebx
	mov %ebx, %eax
	shr $4, %eax
	mov %ax, %es
	and $15, %bx
1:	mov %es:(%bx), %al
	inc %bx
	test %al, %al
	jz 2f
	call byte
	jmp 1b
2:	mov $close, %si
	call text
	mov %ds:0x21c, %eax
	mov $8, %cx
3:	rol $4, %eax
	push %eax
	and $15, %al
	add $'0', %al
	cmp $'9', %al
	jbe 4f
	add $39, %al
4:	call byte
	pop %eax
	loop 3b
	mov $end, %si
	call text
	mov $1, %al
	out %al, $0xf4
5:	hlt
	jmp 5b
text:	lodsb
	test %al, %al
	jz 6f
	call byte
	jmp text
6:	ret
byte:	push %ax
	mov $0x3fd, %dx
7:	in %dx, %al
	test $0x20, %al
	jz 7b
	pop %ax
	mov $0x3f8, %dx
	out %al, %dx
	ret
open:	.asciz "\n@C<"
close:	.asciz ">@ "
end:	.asciz "\n"
version: .asciz "tell"
	.org 0x400
	.fill 1024, 1, 0
