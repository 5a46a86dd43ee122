# shellcheck shell=bash disable=SC2034 # sourced by check.sh, which uses what is set here
# The boards: how to compile, link and run for each. Needs $clang and $here.

all_boards='m4 m4-O3 m4-clang m7 m55 rv32 aarch64'

# describe BOARD sets title, compiler, flags, start, linker, libraries, nm, size, emulator, and bits of an address.
describe() {
    local cortex=(-mthumb -mfloat-abi=hard) m4=(-mcpu=cortex-m4 -mfpu=fpv4-sp-d16)
    case $1 in
        m4) title='Cortex-M4, gcc -Os' && cortex_m mps2-an386 0x40004000 -Os "${m4[@]}" "${cortex[@]}" ;;
        m4-O3) title='Cortex-M4, gcc -O3' && cortex_m mps2-an386 0x40004000 -O3 "${m4[@]}" "${cortex[@]}" ;;
        m4-clang)
            title='Cortex-M4, clang -Os' && cortex_m mps2-an386 0x40004000 -Os "${m4[@]}" "${cortex[@]}"
            compiler=("$clang" --target=thumbv7em-none-eabihf)
            ;;
        m7) title='Cortex-M7, gcc -O2' && cortex_m mps2-an500 0x40004000 -O2 -mcpu=cortex-m7 -mfpu=fpv5-d16 "${cortex[@]}" ;;
        m55) title='Cortex-M55, gcc -O2' && cortex_m mps3-an547 0x59303000 -O2 -mcpu=cortex-m55 "${cortex[@]}" ;;
        rv32) title='RISC-V rv32imac, gcc -Os' && riscv ;;
        aarch64) title='AArch64, clang -O2' && linux aarch64-linux-gnu qemu-aarch64 64 ;;
        armeb) title='Arm, big-endian' && linux armeb-linux-gnueabi qemu-armeb 32 -mcpu=cortex-a7 -mfloat-abi=soft ;;
        *) fail "there is no board $1; there are $all_boards" ;;
    esac
}

# cortex_m MACHINE UART FLAG...
cortex_m() {
    compiler=(arm-none-eabi-gcc) start=cortex_m.c flags=("${@:3}" "-DBOARD_UART=$2u")
    size=arm-none-eabi-size nm=arm-none-eabi-nm bits=32
    linker=(arm-none-eabi-gcc -nostdlib -T "$here/firmware.ld" -Wl,--gc-sections,--fatal-warnings
        "-Wl,--defsym=FLASH_START=0,--defsym=RAM_START=0x20000000")
    libraries=(-lgcc)
    emulator=(qemu-system-arm -M "$1" -display none -monitor none -serial stdio
        -semihosting-config "enable=on,target=native" -kernel)
}

# "virt" has RAM alone: its first 512 KiB serve for flash.
riscv() {
    compiler=(riscv64-unknown-elf-gcc) start=riscv.c flags=(-Os -march=rv32imac -mabi=ilp32 -msmall-data-limit=0)
    size=riscv64-unknown-elf-size nm=riscv64-unknown-elf-nm bits=32
    linker=(riscv64-unknown-elf-gcc -nostdlib -T "$here/firmware.ld" -Wl,--gc-sections
        "-Wl,--defsym=FLASH_START=0x80000000,--defsym=RAM_START=0x80100000")
    libraries=(-lgcc)
    emulator=(qemu-system-riscv32 -M virt -bios none -display none -monitor none -serial stdio -kernel)
}

# linux TARGET EMULATOR BITS FLAG...: a process, where no linker script sets a budget
linux() {
    compiler=("$clang" "--target=$1") start=linux.c flags=(-O2 "${@:4}")
    size=size nm=nm bits=$3
    linker=("${compiler[@]}" -nostdlib -static -fuse-ld=lld -Wl,--gc-sections)
    libraries=()
    emulator=("$2")
}
